import { useState } from "react";
import { count, shortCount, utcDay } from "../../lib/format";
import type { Schemas } from "../../lib/types";
import { charts as t } from "../../texts/usage";
import { cx } from "../../ui";
import { roundUp } from "./scale";

export type Day = Schemas["Day"];

const sum = (days: Day[], of: (d: Day) => number) => days.reduce((n, d) => n + of(d), 0);

/** Messages by day: what was sent goes up, with what failed of it on top, what was received goes down. */
export default function VolumeChart({ days, low }: { days: Day[]; low?: boolean }) {
  const [over, setOver] = useState<number>();
  const up = roundUp(Math.max(...days.map((d) => d.out)));
  const down = roundUp(Math.max(...days.map((d) => d.in)));
  const whole = up + down;
  const first = days[0]?.day ?? "";
  const last = days.at(-1)?.day ?? "";
  const said = (list: Day[]) =>
    t.said(
      {
        out: count(sum(list, (d) => d.out)),
        failed: count(sum(list, (d) => d.failed)),
        in: count(sum(list, (d) => d.in)),
      },
      utcDay(first),
      utcDay(last),
    );
  const shown = over === undefined ? undefined : days[over];
  return (
    <figure className="flex flex-col gap-2">
      <figcaption className="flex min-h-5 flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm text-ink-2">
        <span className="flex gap-4">
          <Key className="fill-accent" name={t.sent} />
          <Key className="fill-bad-strong" name={t.failed} />
          <Key className="fill-chart-in" name={t.received} />
        </span>
        {shown && (
          <span className="tabular">
            {utcDay(shown.day)} · {t.sent} {count(shown.out)} · {t.failed} {count(shown.failed)} · {t.received}{" "}
            {count(shown.in)}
          </span>
        )}
      </figcaption>
      <div className="flex gap-2">
        <div
          aria-hidden="true"
          className={cx(
            "tabular flex w-8 shrink-0 flex-col justify-between text-right text-xs text-ink-3",
            low ? "h-28" : "h-48",
          )}
        >
          <span>{shortCount(up)}</span>
          <span>{shortCount(down)}</span>
        </div>
        <svg
          role="img"
          aria-label={said(days)}
          viewBox={`0 0 ${days.length * 10} ${whole}`}
          preserveAspectRatio="none"
          className={cx("w-0 min-w-0 flex-1 border-y", low ? "h-28" : "h-48")}
          onPointerLeave={() => setOver(undefined)}
        >
          {days.map((d, i) => {
            const sent = d.out - d.failed;
            return (
              <g key={d.day} onPointerEnter={() => setOver(i)}>
                <rect
                  x={i * 10}
                  y={0}
                  width={10}
                  height={whole}
                  className={over === i ? "fill-sunken" : "fill-transparent"}
                />
                <rect x={i * 10 + 1.5} y={up - sent} width={7} height={sent} className="fill-accent" />
                <rect x={i * 10 + 1.5} y={up - d.out} width={7} height={d.failed} className="fill-bad-strong" />
                <rect x={i * 10 + 1.5} y={up} width={7} height={d.in} className="fill-chart-in" />
              </g>
            );
          })}
          <line
            x1={0}
            x2={days.length * 10}
            y1={up}
            y2={up}
            vectorEffect="non-scaling-stroke"
            className="stroke-line-strong"
          />
        </svg>
      </div>
      <div aria-hidden="true" className="flex justify-between pl-10 text-xs text-ink-3">
        <span>{utcDay(first)}</span>
        <span>{utcDay(last)}</span>
      </div>
    </figure>
  );
}

function Key({ name, className }: { name: string; className: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <svg aria-hidden="true" viewBox="0 0 8 8" className="size-2">
        <rect width="8" height="8" rx="1" className={className} />
      </svg>
      {name}
    </span>
  );
}

/** The same as numbers, the newest first. */
export function VolumeTable({ days }: { days: Day[] }) {
  return (
    <details>
      <summary className="cursor-pointer text-sm text-ink-2">{t.table}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <section tabIndex={0} aria-label={t.volume} className="mt-2 max-h-72 overflow-auto rounded-md border">
        <table className="tabular w-full text-right text-sm">
          <thead className="sticky top-0 bg-sunken text-ink-2">
            <tr>
              {[t.day, t.sent, t.failed, t.delivered, t.received].map((name, i) => (
                <th
                  key={name}
                  scope="col"
                  className={cx("px-3 py-1 font-medium whitespace-nowrap", i === 0 && "text-left")}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y">
            {[...days].reverse().map((d) => (
              <tr key={d.day}>
                <th scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap">
                  {d.day}
                </th>
                <td className="px-3 py-1">{count(d.out)}</td>
                <td className="px-3 py-1">{count(d.failed)}</td>
                <td className="px-3 py-1">{count(d.delivered)}</td>
                <td className="px-3 py-1">{count(d.in)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
