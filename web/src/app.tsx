import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { type Me, useMe } from "./lib/me";
import { navigate, Routes, usePath } from "./lib/router";
import { Boundary } from "./shell/boundary";
import { startOf } from "./shell/nav";
import { NotHere } from "./shell/not-here";
import { Shell } from "./shell/shell";
import { ErrorState, Loading, PageBody } from "./ui";

// Each part is loaded when it is first opened: whoever texts never loads the portal, and the other way round.
const Inbox = lazy(() => import("./inbox"));
const Portal = lazy(() => import("./portal"));
const SignIn = lazy(() => import("./shell/sign-in"));
const Welcome = lazy(() => import("./shell/welcome"));

export function App() {
  const at = usePath();
  if (at === "/sign-in")
    return (
      <Page at={at}>
        <SignIn />
      </Page>
    );
  if (at === "/welcome")
    return (
      <Page at={at}>
        <Welcome />
      </Page>
    );
  return <SignedIn at={at} />;
}

function Page({ at, children }: { at: string; children: ReactNode }) {
  return (
    <Boundary at={at}>
      <Suspense fallback={<Waiting />}>{children}</Suspense>
    </Boundary>
  );
}

function Waiting() {
  return (
    <PageBody>
      <Loading />
    </PageBody>
  );
}

function SignedIn({ at }: { at: string }) {
  const me = useMe();
  const nobody = me.data === null;
  useEffect(() => {
    if (!nobody) return;
    const back = location.pathname + location.search;
    navigate(back === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(back)}`, { replace: true });
  }, [nobody]);
  if (me.isError) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return null;
  const who = me.data;
  return (
    <Shell me={who}>
      <Page at={at}>
        <Routes
          routes={[
            ["/", () => <Go to={startOf(who)} />],
            ["/inbox", () => <Inbox me={who} />],
            ["/inbox/*", () => <Inbox me={who} />],
            ["/portal", () => <Go to={startOf(who)} />],
            ["/portal/*", () => <ForAdmins me={who} />],
          ]}
          otherwise={<NotHere />}
        />
      </Page>
    </Shell>
  );
}

function ForAdmins({ me }: { me: Me }) {
  return me.role === "user" ? <NotHere /> : <Portal me={me} />;
}

/** Leads on to another address, and leaves no entry in the history. */
function Go({ to }: { to: string }) {
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}
