import { phone } from "../../lib/format";
import { navigate } from "../../lib/router";
import { inbox as t } from "../../texts/inbox";
import type { Conversation, Message } from "../model/types";
import { Store } from "./store";

/** How a new message is made known to somebody who does not look at it. */
export interface Choice {
  browser: boolean;
  sound: boolean;
}

const place = "patchbay.alerts";

function load(): Choice {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(place) ?? "null");
    if (typeof v === "object" && v !== null) {
      const c = v as Record<string, unknown>;
      return { browser: c.browser === true, sound: c.sound === true };
    }
  } catch {
    // Nothing was chosen, or nothing can be kept.
  }
  return { browser: false, sound: false };
}

class Alerts extends Store<Choice> {
  /** What the live region says. */
  readonly said = new Store("");

  constructor() {
    super(load());
  }

  choose(c: Choice): void {
    this.set(c);
    try {
      localStorage.setItem(place, JSON.stringify(c));
    } catch {
      // It holds as long as the page.
    }
  }

  /** The browser asks only when somebody has said that they want it. */
  async askBrowser(): Promise<boolean> {
    if (typeof Notification === "undefined") return false;
    const answer =
      Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
    this.choose({ ...this.get(), browser: answer === "granted" });
    return answer === "granted";
  }

  arrived(m: Message, c: Conversation | undefined, seen: boolean): void {
    if (c?.blocked) return;
    const who = c?.name || phone(m.from);
    const text = m.content || t.files(m.media.length);
    this.said.set(t.announced(who, text));
    if (seen) return;
    if (this.get().sound) chime();
    if (this.get().browser && (document.hidden || !document.hasFocus())) this.show(m, who, text);
  }

  private show(m: Message, who: string, text: string): void {
    if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
    try {
      const n = new Notification(who, { body: text.slice(0, 160), tag: m.conversation });
      n.onclick = () => {
        window.focus();
        navigate(`/inbox/${encodeURIComponent(m.conversation)}`);
        n.close();
      };
    } catch {
      // Phones show notifications through a service worker alone.
    }
  }
}

export const alerts = new Alerts();

let audio: AudioContext | undefined;

/** Two soft tones, made here: there is no file to load. */
export function chime(): void {
  try {
    audio ??= new AudioContext();
    const begin = audio.currentTime;
    for (const [i, pitch] of [659.3, 880].entries()) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.frequency.value = pitch;
      level.gain.setValueAtTime(0, begin + i * 0.12);
      level.gain.linearRampToValueAtTime(0.12, begin + i * 0.12 + 0.01);
      level.gain.exponentialRampToValueAtTime(0.001, begin + i * 0.12 + 0.35);
      tone.connect(level).connect(audio.destination);
      tone.start(begin + i * 0.12);
      tone.stop(begin + i * 0.12 + 0.4);
    }
  } catch {
    // A browser without sound.
  }
}
