import { alerts } from "./data/alerts";
import { useStore } from "./data/store";

/** Says new messages to those who hear the page. */
export function Announcer() {
  const said = useStore(alerts.said);
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
