import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import type { SyntaxNode } from "@lezer/common";
import { aboutAt, namesAt, type Schema, type Step, wordsAt } from "./schema";

const bare = (text: string) => text.replace(/^"|"$/g, "");

function nameOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild("PropertyName");
  return name ? bare(state.sliceDoc(name.from, name.to)) : "";
}

/** The way to a node: the members and lists that it lies in, the outermost first. */
function wayTo(state: EditorState, node: SyntaxNode | null): Step[] {
  const way: Step[] = [];
  for (let n = node; n; n = n.parent) {
    if (n.name === "Property") way.unshift(nameOf(state, n));
    if (n.name === "Array") way.unshift(null);
  }
  return way;
}

/** Offers the members and words that the schema knows at the cursor. */
export function completeFrom(root: Schema) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const node = syntaxTree(state).resolveInner(pos, -1);
    const quoted = node.name === "String" || node.name === "PropertyName";
    if (!quoted && !explicit) return null;
    const from = quoted ? node.from : pos;
    const to = quoted ? node.to : pos;
    if (node.name === "PropertyName" || node.name === "{" || node.name === "Object" || node.name === "Property") {
      const object = node.name === "Object" ? node : node.name === "PropertyName" ? node.parent?.parent : node.parent;
      const have = new Set(object?.getChildren("Property").map((p) => nameOf(state, p)));
      const options = namesAt(root, wayTo(state, object ?? null))
        .filter((n) => !have.has(n.name) || (node.name === "PropertyName" && bare(state.sliceDoc(from, to)) === n.name))
        .map((n) => ({ label: JSON.stringify(n.name), detail: n.about, type: "property" }));
      return options.length > 0 ? { from, to, options } : null;
    }
    const options = wordsAt(root, wayTo(state, node)).map((w) => ({ label: JSON.stringify(w), type: "enum" }));
    return options.length > 0 ? { from, to, options } : null;
  };
}

/** Says what the member under the pointer is for. */
export function hoverFrom(root: Schema) {
  return hoverTooltip((view, pos, side) => {
    const node = syntaxTree(view.state).resolveInner(pos, side);
    if (node.name !== "PropertyName") return null;
    const about = aboutAt(root, wayTo(view.state, node));
    if (!about) return null;
    return {
      pos: node.from,
      end: node.to,
      above: true,
      create: () => {
        const dom = document.createElement("div");
        dom.className = "cm-about";
        dom.textContent = about;
        return { dom };
      },
    };
  });
}
