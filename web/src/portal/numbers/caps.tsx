import { numbers as t } from "../../texts/numbers";
import { TextField } from "../../ui";
import { digits } from "./values";

/** How much may be sent in a day; an empty field: any number. */
export function CapFields({
  messages,
  segments,
  error,
  onChange,
}: {
  messages: string;
  segments: string;
  error?: string;
  onChange: (cap: { messages: string; segments: string }) => void;
}) {
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <TextField
        label={t.capMessages}
        optional
        inputMode="numeric"
        value={messages}
        error={error}
        onChange={(e) => onChange({ messages: digits(e.target.value), segments })}
      />
      <TextField
        label={t.capSegments}
        optional
        inputMode="numeric"
        value={segments}
        onChange={(e) => onChange({ messages, segments: digits(e.target.value) })}
      />
    </div>
  );
}
