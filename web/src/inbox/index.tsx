import type { Me } from "../lib/session";
import { EmptyState } from "../ui";

export default function Inbox(_: { me: Me }) {
  return <EmptyState icon="inbox" title="Inbox" />;
}
