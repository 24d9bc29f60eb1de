import { useState } from "react";
import { type Me, signOut } from "../lib/me";
import { useShortcuts } from "../lib/shortcuts";
import { setTheme, type Theme, useTheme } from "../lib/theme";
import { common } from "../texts/common";
import { shell } from "../texts/shell";
import { Icon, Menu, MenuChoice, MenuItem, MenuSeparator, orToast, ShortcutHelp } from "../ui";

const themes: readonly { value: Theme; label: string }[] = [
  { value: "system", label: shell.system },
  { value: "light", label: shell.light },
  { value: "dark", label: shell.dark },
];

/** Who is signed in, the theme, the keys, and the way out. */
export function AccountMenu({ me }: { me: Me }) {
  const theme = useTheme();
  const [help, setHelp] = useState(false);
  useShortcuts({ keys: "?", does: shell.help, run: () => setHelp(true) });
  const leave = () => orToast(shell.signOut, signOut);
  const name = me.name || shell.roles[me.role] || me.role;
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className="flex h-10 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-hover"
          >
            <span
              aria-hidden="true"
              className="flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken text-xs font-semibold text-ink-2"
            >
              {[...name][0]?.toUpperCase()}
            </span>
            <span className="min-w-0 flex-1 truncate text-base">
              <span className="sr-only">{shell.account}: </span>
              {name}
            </span>
            <Icon name="chevron" size={12} className="text-ink-3" />
          </button>
        }
      >
        <MenuChoice label={shell.theme} value={theme} options={themes} onChange={setTheme} />
        <MenuSeparator />
        <MenuItem icon="info" onSelect={() => setHelp(true)}>
          {common.shortcuts}
        </MenuItem>
        <MenuItem icon="out" onSelect={() => void leave()}>
          {shell.signOut}
        </MenuItem>
      </Menu>
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </>
  );
}
