/** Back to where somebody came from, and never to another host, however its address is written. */
export function safeReturn(to: string | null, origin: string): string {
  if (!to?.startsWith("/")) return "/";
  try {
    const u = new URL(to, origin);
    return u.origin === origin ? u.pathname + u.search + u.hash : "/";
  } catch {
    return "/";
  }
}
