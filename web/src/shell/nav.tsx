import { isAdmin, type Me } from "../lib/me";
import { Link, usePath } from "../lib/router";
import { shell } from "../texts/shell";
import { cx, Icon, type IconName } from "../ui";

export interface Place {
  href: string;
  label: string;
  icon: IconName;
}

/** Where somebody of this role can go. */
export function placesOf(me: Me): Place[] {
  const places: Place[] = [];
  if (me.user) places.push({ href: "/inbox", label: shell.inbox, icon: "inbox" });
  if (!isAdmin(me)) return places;
  if (me.role === "account")
    places.push({ href: "/portal/organizations", label: shell.organizations, icon: "building" });
  else
    places.push({ href: `/portal/organizations/${me.organization?.id}`, label: shell.organization, icon: "building" });
  places.push(
    { href: "/portal/services", label: shell.services, icon: "plug" },
    { href: "/portal/traffic", label: shell.traffic, icon: "traffic" },
    { href: "/portal/usage", label: shell.usage, icon: "chart" },
    { href: "/portal/notifications", label: shell.notifications, icon: "bell" },
  );
  if (me.may_manage_account) places.push({ href: "/portal/people", label: shell.people, icon: "users" });
  places.push(
    { href: "/portal/audit", label: shell.audit, icon: "log" },
    { href: "/portal/keys", label: shell.keys, icon: "key" },
  );
  return places;
}

/** The start page of a role. */
export function startOf(me: Me): string {
  if (me.role === "user") return "/inbox";
  return me.role === "organization" ? `/portal/organizations/${me.organization?.id}` : "/portal/organizations";
}

export function Nav({ me, onGo }: { me: Me; onGo?: () => void }) {
  const at = usePath();
  return (
    <nav aria-label={shell.main} className="flex flex-col gap-0.5">
      {placesOf(me).map((p) => {
        const here = at === p.href || at.startsWith(`${p.href}/`);
        return (
          <Link
            key={p.href}
            href={p.href}
            onClick={onGo}
            aria-current={here ? "page" : undefined}
            className={cx(
              "flex h-8 items-center gap-2.5 rounded-md px-2 text-base pointer-coarse:h-10",
              here ? "bg-selected font-medium text-ink" : "text-ink-2 hover:bg-hover hover:text-ink",
            )}
          >
            <Icon name={p.icon} className={here ? "text-link" : "text-ink-3"} />
            {p.label}
          </Link>
        );
      })}
    </nav>
  );
}
