import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Transaction } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { completeFrom, hoverFrom } from "./assist";
import { rangeOf, type Span } from "./places";
import type { Schema } from "./schema";

export interface Mark extends Span {
  severity: "error" | "warning";
  message: string;
}

/** What else can be asked of an editor. */
export interface EditorHandle {
  show: (place: Span) => void;
  replace: (text: string) => void;
}

interface EditorProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  onPublish: () => void;
  marks: readonly Mark[];
  schema?: Schema;
  ref?: Ref<EditorHandle>;
}

const v = (name: string) => `var(--color-${name})`;

const look = EditorView.theme({
  "&": { height: "100%", color: v("ink"), backgroundColor: v("surface"), fontSize: "13px" },
  "&.cm-focused": { outline: `2px solid ${v("focus")}`, outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: v("ink") },
  ".cm-cursor": { borderLeftColor: v("ink") },
  ".cm-gutters": { backgroundColor: v("sunken"), color: v("ink-3"), borderRight: `1px solid ${v("line")}` },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { boxShadow: `inset 2px 0 ${v("accent")}` },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: v("selected"),
  },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: v("warn-soft") },
  ".cm-searchMatch-selected": { outline: `1px solid ${v("warn")}` },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: v("selected"), outline: "none" },
  ".cm-tooltip, .cm-panels": { backgroundColor: v("raised"), color: v("ink"), borderColor: v("line") },
  ".cm-tooltip": { border: `1px solid ${v("line-strong")}`, borderRadius: "6px", maxWidth: "28rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: v("selected"), color: v("ink") },
  ".cm-completionDetail": { color: v("ink-3"), fontStyle: "normal", whiteSpace: "normal" },
  ".cm-about": { padding: "4px 8px", fontFamily: "var(--font-sans)" },
  ".cm-diagnostic": { fontFamily: "var(--font-sans)", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: v("bad") },
  ".cm-diagnostic-warning": { borderLeftColor: v("warn") },
  ".cm-panel input, .cm-panel button": {
    color: v("ink"),
    background: v("surface"),
    border: `1px solid ${v("control")}`,
    fontSize: "13px",
  },
  ".cm-textfield": { backgroundColor: v("surface") },
  ".cm-button": { backgroundImage: "none" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: v("link") },
  { tag: tags.string, color: v("good") },
  { tag: [tags.number, tags.bool, tags.null], color: v("warn") },
  { tag: tags.punctuation, color: v("ink-3") },
]);

/**
 * A text as JSON, with what the server found wrong at its place. It lives in a shadow tree: there its styles need no style element, which the page's
 * policy forbids. Tab leaves it, as everywhere; Escape and then Tab too.
 */
export default function Editor({ label, text, onText, onPublish, marks, schema, ref }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const assist = useRef(new Compartment());
  const calls = useRef({ onText, onPublish });
  calls.current = { onText, onPublish };

  // biome-ignore lint/correctness/useExhaustiveDependencies: one editor for one text; what it says afterwards comes by the handle
  useEffect(() => {
    const at = host.current;
    if (!at) return;
    const root = at.shadowRoot ?? at.attachShadow({ mode: "open" });
    const parent = document.createElement("div");
    parent.style.height = "100%";
    root.replaceChildren(parent);
    const editor = new EditorView({
      parent,
      root,
      state: EditorState.create({
        doc: text,
        extensions: [
          keymap.of([
            {
              key: "Mod-s",
              preventDefault: true,
              run: () => {
                calls.current.onPublish();
                return true;
              },
            },
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...lintKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...defaultKeymap,
          ]),
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          search({ top: true }),
          json(),
          syntaxHighlighting(colours),
          look,
          assist.current.of([]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
          EditorView.updateListener.of((u) => u.docChanged && calls.current.onText(u.state.doc.toString())),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const helps = schema ? [autocompletion({ override: [completeFrom(schema)] }), hoverFrom(schema)] : [];
    view.current?.dispatch({ effects: assist.current.reconfigure(helps) });
  }, [schema]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const found = marks.map(
      (m): Diagnostic => ({ ...rangeOf(editor.state.doc, m), severity: m.severity, message: m.message }),
    );
    found.sort((a, b) => a.from - b.from || a.to - b.to);
    editor.dispatch(setDiagnostics(editor.state, found));
  }, [marks]);

  useImperativeHandle(ref, () => ({
    show: (place) => {
      const editor = view.current;
      if (!editor) return;
      const { from } = rangeOf(editor.state.doc, place);
      editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      editor.focus();
    },
    replace: (now) => {
      const editor = view.current;
      editor?.dispatch({
        changes: { from: 0, to: editor.state.doc.length, insert: now },
        annotations: Transaction.userEvent.of("input.paste"),
      });
    },
  }));

  return <div ref={host} className="h-full min-h-0 overflow-hidden rounded-lg border" />;
}
