import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../lib/api";
import { useForm } from "../lib/form";
import { type Me, meKey } from "../lib/me";
import { Problem } from "../lib/problem";
import { queries } from "../lib/queries";
import { navigate } from "../lib/router";
import type { Invitation } from "../lib/types";
import { signIn } from "../texts/sign-in";
import { ErrorLine, Form, Skeleton, TextField } from "../ui";
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
  const headers = { Authorization: `Bearer ${t}` };
  const link = useQuery({
    queryKey: ["invitation", t],
    enabled: t !== "",
    queryFn: () => api.get<Invitation>("/v1/invitation", undefined, undefined, headers),
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
  return <Choose invitation={link.data} headers={headers} />;
}

function Choose({ invitation, headers }: { invitation: Invitation; headers: Record<string, string> }) {
  const asksWho = invitation.sign_in_names.length === 0;
  const form = useForm(
    { email: "", name: "", password: "", again: "" },
    async ({ email, name, password, again }) => {
      if (again !== password) throw new Problem(0, "invalid", "", [{ pointer: "/again", message: signIn.differ }]);
      return api.post<Me>("/v1/invitation", { password, ...(asksWho ? { email, name } : {}) }, { headers });
    },
    (me) => {
      queries.setQueryData(meKey, me);
      navigate("/", { replace: true });
    },
  );
  const v = form.values;
  const about = [invitation.name, invitation.organization ?? invitation.account].filter(Boolean).join(" · ");
  return (
    <Front title={invitation.kind === "reset" ? signIn.reset : signIn.welcome} about={about}>
      <Form wide form={form} does={signIn.begin} disabled={!v.password || !v.again || (asksWho && !v.email)}>
        {asksWho ? (
          <>
            <TextField
              label={signIn.email}
              hint={signIn.emailHint}
              name="username"
              type="email"
              autoComplete="username"
              autoFocus
              {...form.field("email")}
            />
            <TextField label={signIn.yourName} autoComplete="name" {...form.field("name")} />
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
          {...form.field("password")}
        />
        <TextField
          label={signIn.again}
          name="new-password-again"
          type="password"
          autoComplete="new-password"
          {...form.field("again")}
        />
      </Form>
    </Front>
  );
}
