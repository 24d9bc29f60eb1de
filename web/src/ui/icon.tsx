import type { SVGProps } from "react";

/** The icons there are, drawn on one 16-pixel grid with one stroke. */
const shapes = {
  inbox: "M2 9.5h3.2l1 2h3.6l1-2H14M2 9.5l2-6h8l2 6v3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z",
  building: "M3 14V3.5a1 1 0 0 1 1-1h5a1 1 0 0 1 1 1V14M10 7h2a1 1 0 0 1 1 1v6M2 14h12M5.5 5.5h2M5.5 8h2M5.5 10.5h2",
  plug: "M6 2v3M10 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14",
  traffic: "M2 8h3l2-5 3 10 2-5h2",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3v10l7.5-5z",
  shield: "M8 1.8 3 3.8v4c0 3 2 5.3 5 6.4 3-1.1 5-3.4 5-6.4v-4z",
  bell: "M8 2a4 4 0 0 0-4 4v2.5L2.8 11h10.4L12 8.5V6a4 4 0 0 0-4-4zM6.5 13.2a1.6 1.6 0 0 0 3 0",
  log: "M3 3.5h10M3 6.5h10M3 9.5h10M3 12.5h6",
  users:
    "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.8 13.5a4.2 4.2 0 0 1 8.4 0M10.5 3.2a2.5 2.5 0 0 1 0 4.6M11.8 10a4.2 4.2 0 0 1 2.4 3.5",
  key: "M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.7 7.8 13.5 2M11 4.5l2 2",
  hash: "M3 6h10M3 10h10M6.5 2.5l-1 11M10.5 2.5l-1 11",
  ban: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM3.8 3.8l8.4 8.4",
  plus: "M8 3v10M3 8h10",
  check: "m3 8.5 3.2 3.2L13 4.8",
  x: "m4 4 8 8M12 4l-8 8",
  copy: "M5.5 5.5h7a1 1 0 0 1 1 1v7h-7a1 1 0 0 1-1-1zM10.5 5.5v-3h-7a1 1 0 0 0-1 1v7h3",
  chevron: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  left: "m10 4-4 4 4 4",
  menu: "M2 4.5h12M2 8h12M2 11.5h12",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM14 14l-3.4-3.4",
  alert: "M8 2 1.5 13.5h13zM8 6.5v3M8 11.5h.01",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5h.01",
  upload: "M8 10.5V2.5M5 5l3-3 3 3M2.5 11v2.5h11V11",
  download: "M8 2.5v8M5 8l3 3 3-3M2.5 11.5v2h11v-2",
  replay: "M3 8a5 5 0 1 1 1.6 3.7M3 12.5V9.5h3",
  send: "M14 2 7.5 8.5M14 2l-4.2 12-2.3-5.5L2 6.2z",
  edit: "M10.5 3 13 5.5 5.5 13H3v-2.5z",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9",
  clip: "M13 7.5 8 12.5a3 3 0 0 1-4.3-4.3l5.2-5.2a2 2 0 0 1 2.9 2.9l-5 5a1 1 0 0 1-1.5-1.4l4.5-4.6",
  link: "M6.5 9.5l3-3M7 5l1.4-1.4a2.8 2.8 0 0 1 4 4L11 9M9 11l-1.4 1.4a2.8 2.8 0 0 1-4-4L5 7",
  out: "M9.5 2.5h4v4M13.5 2.5 8 8M7 3.5H3.5v9h9V9",
  phone: "M5 1.8h6a1 1 0 0 1 1 1v10.4a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V2.8a1 1 0 0 1 1-1zM7 12h2",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
} as const;

export type IconName = keyof typeof shapes;

/** Decoration: what it means is said in words beside it. */
export function Icon({ name, size = 16, ...rest }: { name: IconName; size?: number } & SVGProps<SVGSVGElement>) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      {...rest}
      className={`shrink-0 ${rest.className ?? ""}`}
    >
      <path d={shapes[name]} />
    </svg>
  );
}
