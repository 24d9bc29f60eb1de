import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, rememberKey } from "../lib/api";
import { meKey } from "../lib/me";
import { isProblem } from "../lib/problem";
import { queries } from "../lib/queries";
import { navigate, useQuery } from "../lib/router";
import { safeReturn } from "../lib/safe-return";
import { signIn } from "../texts/sign-in";
import { Button, ErrorLine, TextField } from "../ui";
import { Front } from "./front";

export default function SignIn() {
  const [query] = useQuery();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const arrived = () => {
    queries.removeQueries({ queryKey: meKey });
    navigate(safeReturn(query.get("to"), location.origin), { replace: true });
  };
  const send = useMutation({ mutationFn: () => api.post("/v1/sign-in", { name, password }), onSuccess: arrived });
  const wrong = isProblem(send.error) ? send.error : undefined;
  return (
    <Front title={signIn.title}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          send.mutate();
        }}
      >
        <TextField
          label={signIn.name}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={name}
          onChange={(e) => setName(e.target.value)}
        />
        <TextField
          label={signIn.password}
          name="password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
        {send.isError && <ErrorLine error={wrong ?? send.error} />}
        <Button type="submit" kind="primary" busy={send.isPending} disabled={!name || !password}>
          {signIn.do}
        </Button>
      </form>
      <p className="text-sm text-ink-3">{signIn.help}</p>
      {import.meta.env.DEV && <DevelopmentKey onDone={arrived} />}
    </Front>
  );
}

function DevelopmentKey({ onDone }: { onDone: () => void }) {
  const [key, setKey] = useState("");
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        rememberKey(key);
        onDone();
      }}
    >
      <TextField label={signIn.key} value={key} onChange={(e) => setKey(e.target.value)} />
    </form>
  );
}
