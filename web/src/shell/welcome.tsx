import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../lib/api";
import { type Me, meKey } from "../lib/me";
import { isProblem } from "../lib/problem";
import { queries } from "../lib/queries";
import { navigate } from "../lib/router";
import type { Invitation } from "../lib/types";
import { signIn } from "../texts/sign-in";
import { Button, ErrorLine, Skeleton, TextField } from "../ui";
import { Front } from "./front";

/** The token leaves the address as soon as it is read, so that it is in no history and on no picture of the screen. */
let token = "";
function takeToken(): string {
  const inAddress = location.hash.slice(1);
  if (inAddress) {
    token = inAddress;
    history.replaceState(null, "", location.pathname);
  }
  return token;
}

export default function Welcome() {
  const [t] = useState(takeToken);
  const bearer = { headers: { Authorization: `Bearer ${t}` } };
  const link = useQuery({
    queryKey: ["invitation", t],
    enabled: t !== "",
    queryFn: () => api.get<Invitation>("/v1/invitation", undefined, undefined, bearer.headers),
  });
  useEffect(() => () => void queries.removeQueries({ queryKey: ["invitation"] }), []);
  if (t === "") {
    return (
      <Front title={signIn.welcome}>
        <ErrorLine text={signIn.noToken} />
      </Front>
    );
  }
  if (link.isError) {
    return (
      <Front title={signIn.welcome}>
        <ErrorLine error={link.error} />
      </Front>
    );
  }
  if (!link.data) {
    return (
      <Front title={signIn.welcome}>
        <Skeleton className="h-24 w-full" />
      </Front>
    );
  }
  return <Choose invitation={link.data} headers={bearer.headers} />;
}

function Choose({ invitation, headers }: { invitation: Invitation; headers: Record<string, string> }) {
  const asksWho = invitation.sign_in_names.length === 0;
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const accept = useMutation({
    mutationFn: () => api.post<Me>("/v1/invitation", { password, ...(asksWho ? { email, name } : {}) }, { headers }),
    onSuccess: (me) => {
      queries.setQueryData(meKey, me);
      navigate("/", { replace: true });
    },
  });
  const p = isProblem(accept.error) ? accept.error : undefined;
  const differ = tried && again !== password ? signIn.differ : undefined;
  const besides = p?.besides(["/email", "/name", "/password"]);
  const about = [invitation.name, invitation.organization ?? invitation.account].filter(Boolean).join(" · ");
  return (
    <Front title={invitation.kind === "reset" ? signIn.reset : signIn.welcome} about={about}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          setTried(true);
          if (again === password) accept.mutate();
        }}
      >
        {asksWho ? (
          <>
            <TextField
              label={signIn.email}
              hint={signIn.emailHint}
              name="username"
              type="email"
              autoComplete="username"
              autoFocus
              value={email}
              onChange={(e) => setEmail(e.target.value)}
              error={p?.at("/email")}
            />
            <TextField
              label={signIn.yourName}
              autoComplete="name"
              value={name}
              onChange={(e) => setName(e.target.value)}
              error={p?.at("/name")}
            />
          </>
        ) : (
          <TextField
            label={signIn.youSignInAs}
            name="username"
            autoComplete="username"
            readOnly
            value={invitation.sign_in_names.join(", ")}
          />
        )}
        <TextField
          label={signIn.password}
          hint={signIn.passwordHint}
          name="new-password"
          type="password"
          autoComplete="new-password"
          autoFocus={!asksWho}
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          error={p?.at("/password")}
        />
        <TextField
          label={signIn.again}
          name="new-password-again"
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={(e) => setAgain(e.target.value)}
          error={differ}
        />
        {accept.isError && (p ? besides && <ErrorLine text={besides} /> : <ErrorLine error={accept.error} />)}
        <Button
          type="submit"
          kind="primary"
          busy={accept.isPending}
          disabled={!password || !again || (asksWho && !email)}
        >
          {signIn.begin}
        </Button>
      </form>
    </Front>
  );
}
