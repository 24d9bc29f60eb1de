import { useState } from "react";
import { api, rememberKey } from "../lib/api";
import { useForm } from "../lib/form";
import { meKey } from "../lib/me";
import { queries } from "../lib/queries";
import { navigate, useQuery } from "../lib/router";
import { safeReturn } from "../lib/safe-return";
import { signIn } from "../texts/sign-in";
import { Form, TextField } from "../ui";
import { Front } from "./front";

export default function SignIn() {
  const [query] = useQuery();
  const arrived = () => {
    queries.removeQueries({ queryKey: meKey });
    navigate(safeReturn(query.get("to"), location.origin), { replace: true });
  };
  const form = useForm({ name: "", password: "" }, (v) => api.post("/v1/sign-in", v), arrived);
  return (
    <Front title={signIn.title}>
      <Form wide form={form} does={signIn.do} disabled={!form.values.name || !form.values.password}>
        <TextField
          label={signIn.name}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          {...form.field("name")}
        />
        <TextField
          label={signIn.password}
          name="password"
          type="password"
          autoComplete="current-password"
          {...form.field("password")}
        />
      </Form>
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
