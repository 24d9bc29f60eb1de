import { useState } from "react";
import { common } from "../../texts/common";
import { inbox as t } from "../../texts/inbox";
import { Button, Checkbox, Dialog, ErrorLine, IconButton } from "../../ui";
import { alerts, chime } from "../data/alerts";
import { useStore } from "../data/store";

/** How one is told of new messages. The browser's own question comes only after somebody has said yes here. */
export function AlertsMenu() {
  const [open, setOpen] = useState(false);
  const [denied, setDenied] = useState(false);
  const choice = useStore(alerts);
  const browser = async (on: boolean) => {
    setDenied(false);
    if (!on) return alerts.choose({ ...choice, browser: false });
    setDenied(!(await alerts.askBrowser()));
  };
  const sound = (on: boolean) => {
    alerts.choose({ ...choice, sound: on });
    if (on) chime();
  };
  return (
    <>
      <IconButton icon="bell" label={t.alerts.label} small onClick={() => setOpen(true)} />
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t.alerts.label}
        footer={<Button onClick={() => setOpen(false)}>{common.done}</Button>}
      >
        <Checkbox
          label={t.alerts.browser}
          hint={t.alerts.browserAbout}
          checked={choice.browser}
          onChange={(e) => void browser(e.target.checked)}
        />
        {denied && <ErrorLine text={t.alerts.denied} />}
        <Checkbox label={t.alerts.sound} checked={choice.sound} onChange={(e) => sound(e.target.checked)} />
      </Dialog>
    </>
  );
}
