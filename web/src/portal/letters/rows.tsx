import { useEffect, useRef } from "react";
import { phone, reasonOf, visible, when, wholeTime } from "../../lib/format";
import { Link } from "../../lib/router";
import type { Message } from "../../lib/types";
import { letters as t } from "../../texts/letters";
import { traffic } from "../../texts/traffic";
import { IconButton, Menu, MenuItem, Table, Td, Th, ThActions, Tr } from "../../ui";
import { StatusBadge } from "../traffic/status";

interface Props {
  rows: Message[];
  picked: ReadonlySet<string>;
  onPick: (ids: Iterable<string>) => void;
}

interface RowsProps extends Props {
  onEdit: (m: Message) => void;
}

export function LetterRows({ rows, picked, onPick, onEdit }: RowsProps) {
  const toggle = (id: string, on: boolean) => {
    const next = new Set(picked);
    if (on) next.add(id);
    else next.delete(id);
    onPick(next);
  };
  return (
    <Table
      label={t.title}
      head={
        <>
          <Th className="w-8 pr-0">
            <SelectAll rows={rows} picked={picked} onPick={onPick} />
          </Th>
          <Th>{traffic.to}</Th>
          <Th spare>{traffic.text}</Th>
          <Th>{traffic.status}</Th>
          <Th spare>{t.why}</Th>
          <Th spare right>
            {traffic.at}
          </Th>
          <ThActions />
        </>
      }
    >
      {rows.map((m) => (
        <Tr key={m.id} selected={picked.has(m.id)}>
          <Td className="w-8 pr-0">
            <input
              type="checkbox"
              aria-label={t.select(phone(m.to))}
              checked={picked.has(m.id)}
              onChange={(e) => toggle(m.id, e.target.checked)}
              className="block size-4 accent-accent pointer-coarse:size-5"
            />
          </Td>
          <Td className="tabular whitespace-nowrap">
            <Link href={`/portal/traffic/${m.id}`} className="font-medium text-link hover:underline">
              {phone(m.to)}
            </Link>
            <span className="block text-sm text-ink-3">
              <span className="max-md:hidden">
                {traffic.from} {phone(m.from)}
              </span>
              <span className="md:hidden">{when(m.created)}</span>
            </span>
          </Td>
          <Td spare className="w-1/2 max-w-0">
            <span className="block truncate text-ink-2">
              {visible(m.content) || (m.media.length > 0 ? traffic.file(m.media.length) : "")}
            </span>
          </Td>
          <Td>
            <StatusBadge status={m.status} />
          </Td>
          <Td spare className="w-1/2 max-w-0">
            <span className="block truncate text-ink-2" title={m.error && reasonOf(m.error)}>
              {m.error ? reasonOf(m.error) : "–"}
            </span>
          </Td>
          <Td spare right className="tabular whitespace-nowrap text-ink-2">
            <time dateTime={m.created} title={wholeTime(m.created)}>
              {when(m.created)}
            </time>
          </Td>
          <Td right>
            <Menu trigger={<IconButton small icon="more" label={t.menu(phone(m.to))} />}>
              <MenuItem icon="edit" onSelect={() => onEdit(m)}>
                {t.edit}
              </MenuItem>
              <MenuItem icon="log" href={`/portal/traffic/${m.id}`}>
                {t.story}
              </MenuItem>
            </Menu>
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

function SelectAll({ rows, picked, onPick }: Props) {
  const box = useRef<HTMLInputElement>(null);
  const some = rows.some((m) => picked.has(m.id));
  const all = rows.length > 0 && rows.every((m) => picked.has(m.id));
  useEffect(() => {
    if (box.current) box.current.indeterminate = some && !all;
  }, [some, all]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={t.selectAll}
      checked={all}
      onChange={() => onPick(all ? [] : rows.map((m) => m.id))}
      className="block size-4 accent-accent pointer-coarse:size-5"
    />
  );
}
