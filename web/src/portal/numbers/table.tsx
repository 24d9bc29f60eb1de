import { useState } from "react";
import { api, path } from "../../lib/api";
import { keys } from "../../lib/data";
import { phone, visible } from "../../lib/format";
import { queries } from "../../lib/queries";
import type { Organization, PhoneNumber } from "../../lib/types";
import { common } from "../../texts/common";
import { numbers as t } from "../../texts/numbers";
import { Badge, Confirm, IconButton, Menu, MenuItem, MenuSeparator, Table, Td, Th, ThActions, Tr } from "../../ui";
import { NumberForm } from "./form";

export function NumberTable({
  org,
  rows,
  withService,
}: {
  org: Organization;
  rows: PhoneNumber[];
  withService?: boolean;
}) {
  const [editing, setEditing] = useState<PhoneNumber>();
  const [removing, setRemoving] = useState<PhoneNumber>();
  return (
    <>
      <Table
        label={t.title}
        head={
          <>
            <Th>{t.number}</Th>
            <Th>{t.name}</Th>
            {withService && <Th spare>{t.service}</Th>}
            <Th spare>{t.country}</Th>
            <Th>{t.users}</Th>
            <ThActions />
          </>
        }
      >
        {rows.map((n) => (
          <Tr key={n.id}>
            <Td className="tabular font-medium whitespace-nowrap">{phone(n.number)}</Td>
            <Td className="text-ink-2">{n.name === n.number ? "–" : visible(n.name)}</Td>
            {withService && (
              <Td spare className="text-ink-2">
                {n.service}
              </Td>
            )}
            <Td spare className="text-ink-2">
              {n.country || "–"}
            </Td>
            <Td>{n.users.length === 0 ? <Badge tone="warn">{t.nobody}</Badge> : t.count(n.users.length)}</Td>
            <Td right>
              <Menu trigger={<IconButton small icon="more" label={t.menu(n.number)} />}>
                <MenuItem icon="edit" onSelect={() => setEditing(n)}>
                  {common.edit}
                </MenuItem>
                <MenuItem
                  icon="chart"
                  href={`/portal/traffic/charts?orgid=${org.id}&number=${encodeURIComponent(n.number)}`}
                >
                  {t.charts}
                </MenuItem>
                <MenuItem
                  icon="traffic"
                  href={`/portal/traffic?orgid=${org.id}&number=${encodeURIComponent(n.number)}`}
                >
                  {t.traffic}
                </MenuItem>
                <MenuSeparator />
                <MenuItem icon="trash" danger onSelect={() => setRemoving(n)}>
                  {t.remove}
                </MenuItem>
              </Menu>
            </Td>
          </Tr>
        ))}
      </Table>
      {editing && (
        <NumberForm org={org} service={editing.service} number={editing} onClose={() => setEditing(undefined)} />
      )}
      {removing && (
        <Confirm
          open
          danger
          title={t.remove}
          does={common.delete}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.delete(path`/v1/organizations/${org.id}/numbers/${removing.id}`);
            await queries.invalidateQueries({ queryKey: keys.numbers(org.id) });
          }}
        >
          {t.removeAbout(phone(removing.number))}
        </Confirm>
      )}
    </>
  );
}
