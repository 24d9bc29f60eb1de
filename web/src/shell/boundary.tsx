import { Component, type ReactNode } from "react";
import { ErrorState } from "../ui";

interface State {
  error?: unknown;
  at?: string;
}

/** Keeps a page that broke from taking the others with it. Another address shows another page. */
export class Boundary extends Component<{ at: string; children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  static getDerivedStateFromProps(p: { at: string }, s: State): State | null {
    return s.at === p.at ? null : { at: p.at, error: undefined };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return <ErrorState error={this.state.error} onRetry={() => location.reload()} />;
  }
}
