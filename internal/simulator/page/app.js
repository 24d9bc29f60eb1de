"use strict";
// The sandbox page: users on the left, handsets on the right. Everything that came over the wire is shown as text.
const $ = (id) => document.getElementById(id);
const make = (tag, attrs = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), attrs);
  e.append(...children);
  return e;
};

const plain = { delivered: "good", read: "good", received: "good", failed: "bad", expired: "bad", unclear: "warn" };
const explain = {
  queued: "waiting to be sent", sending: "on its way to the carrier", sent: "the carrier has it",
  unclear: "the carrier may have it: no answer came", delivered: "on the handset", read: "seen",
};
const added = []; // handsets that were opened by hand and have not rung yet
const drafts = new Map(); // what is being written on a handset survives a redraw
let senders = [], magics = [], shown = "";

async function call(path, body) {
  const r = await fetch(path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await r.json().catch(() => ({}));
  if (!r.ok) throw new Error(answer.detail || answer.error?.message || `The answer was ${r.status}.`);
  return answer;
}

function say(where, text, bad) {
  where.textContent = text;
  where.classList.toggle("bad", Boolean(bad));
}

function drawMessages(list) {
  $("no-messages").hidden = list.length > 0;
  $("messages").replaceChildren(...list.map((m) => {
    const out = m.direction === "outbound";
    const status = make("span", { className: `status ${plain[m.status] || ""}`, textContent: m.status, title: explain[m.status] || "" });
    const li = make("li", {},
      make("div", { className: "way" }, make("span", { textContent: `${out ? "to" : "from"} ${out ? m.to : m.from}` }), status),
      make("div", { className: "text", textContent: m.content || "" }));
    const files = (m.media || []).length;
    if (files) li.append(make("div", { className: "why", textContent: files === 1 ? "one file" : `${files} files` }));
    const error = m.error && (m.error.text || m.error.code);
    if (error) li.append(make("div", { className: "why", textContent: `${m.error.code || ""} ${m.error.text || ""}`.trim() }));
    return li;
  }));
}

function drawHandset(h) {
  const numbers = [...new Set(senders.map((s) => s.number))];
  const last = h.lines.at(-1);
  const magic = magics.find((m) => m.number === h.number);
  const lines = make("div", { className: "lines", tabIndex: 0, role: "log" });
  lines.setAttribute("aria-label", `Texts of ${h.number}`);
  for (const l of h.lines) {
    const b = make("div", { className: l.mine ? "bubble mine" : "bubble" });
    b.append(make("small", { textContent: l.mine ? `to ${l.ours}` : `from ${l.ours}` }), l.text || "");
    for (const url of l.media || []) {
      if (/^https?:/.test(url)) b.append(make("img", { src: url, alt: "picture", loading: "lazy" }));
    }
    lines.append(b);
  }
  const to = make("select", {}, ...numbers.map((n) => make("option", { value: n, textContent: `to ${n}`, selected: n === last?.ours })));
  to.setAttribute("aria-label", `Number that ${h.number} writes to`);
  const text = make("input", { value: drafts.get(h.number) || "", placeholder: "Reply", required: true });
  text.dataset.handset = h.number;
  text.setAttribute("aria-label", `Reply from ${h.number}`);
  text.addEventListener("input", () => drafts.set(h.number, text.value));
  const note = make("p", { className: "hint" });
  note.setAttribute("role", "status");
  const form = make("form", {}, text, make("button", { textContent: "Send" }));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    try {
      await call("reply", { from: h.number, to: to.value, text: text.value });
      drafts.delete(h.number);
      shown = "";
      await refresh();
    } catch (err) {
      say(note, err.message, true);
    }
  });
  const card = make("article", { className: "handset" }, make("h3", { textContent: h.number }));
  if (magic) card.append(make("p", { className: "kind", textContent: magic.name }));
  card.append(lines, to, form, note);
  return card;
}

function drawHandsets(list) {
  const rung = new Set(list.map((h) => h.number));
  const all = [...added.filter((n) => !rung.has(n)).map((number) => ({ number, lines: [] })), ...list];
  const focused = document.activeElement?.dataset?.handset;
  $("no-handsets").hidden = all.length > 0;
  $("handsets").replaceChildren(...all.map(drawHandset));
  for (const lines of document.querySelectorAll(".lines")) lines.scrollTop = lines.scrollHeight;
  if (focused) document.querySelector(`[data-handset="${CSS.escape(focused)}"]`)?.focus();
}

function drawOnce(state) {
  if (senders.length || !state.magics) return;
  senders = state.senders || [];
  magics = state.magics;
  $("sender").replaceChildren(...senders.map((s, i) => make("option", { value: i, textContent: `${s.name}, ${s.number}` })));
  $("magics").replaceChildren(...magics.map((m) => make("option", { value: m.number, label: m.name })));
  $("magic-table").replaceChildren(...magics.map((m) => {
    const pick = make("button", { type: "button", textContent: m.number });
    pick.addEventListener("click", () => { $("to").value = m.number; $("text").focus(); });
    return make("tr", {}, make("td", {}, pick), make("td", { textContent: `… ${m.says}.` }));
  }));
}

async function refresh() {
  let state;
  try {
    state = await call("state");
    $("trouble").textContent = state.trouble || "";
  } catch {
    $("trouble").textContent = "The simulator does not answer. Is patchbay still running?";
  }
  $("trouble").hidden = !$("trouble").textContent;
  if (!state) return;
  drawOnce(state);
  const now = JSON.stringify([state.version, state.messages, added]);
  if (now === shown) return;
  shown = now;
  drawMessages(state.messages || []);
  drawHandsets(state.handsets || []);
}

$("send").addEventListener("submit", async (e) => {
  e.preventDefault();
  const s = senders[$("sender").value];
  if (!s) return say($("sent"), "There is no user to send as.", true);
  const body = { orgid: s.orgid, user: s.user, from: s.number, to: $("to").value, content: $("text").value };
  if ($("picture").checked) body.urls = [new URL("media/sample.png", location.href).href];
  try {
    await call("send", body);
    $("text").value = "";
    say($("sent"), "Accepted.");
    refresh();
  } catch (err) {
    say($("sent"), err.message, true);
  }
});

$("new-handset").addEventListener("submit", (e) => {
  e.preventDefault();
  const n = $("new-number").value.replace(/[\s().-]/g, "");
  if (!added.includes(n)) added.unshift(n);
  $("new-number").value = "";
  shown = "";
  refresh().then(() => document.querySelector(`[data-handset="${CSS.escape(n)}"]`)?.focus());
});

(async function watch() {
  for (;;) {
    if (!document.hidden) await refresh();
    await new Promise((r) => setTimeout(r, 700));
  }
})();
