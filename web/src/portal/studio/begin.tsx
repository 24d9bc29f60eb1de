import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../lib/api";
import { isProblem } from "../../lib/problem";
import { navigate } from "../../lib/router";
import { common } from "../../texts/common";
import { studio as t } from "../../texts/studio";
import { Button, Dialog, ErrorLine, Select, TextField } from "../../ui";
import { keepDraft } from "./drafts";

export const studioAt = (id: string) => `/portal/services/${encodeURIComponent(id)}/edit`;

/** Begins a file: of the base format, or of a service that is there. It is a draft, and opens in the studio. */
export function Begin({ from, onClose }: { from?: { id: string; name: string }; onClose: () => void }) {
  const [id, setId] = useState(from ? `my_${from.id}` : "");
  const [name, setName] = useState(from ? `My ${from.name}` : "");
  const [url, setUrl] = useState("");
  const [auth, setAuth] = useState("bearer");
  const begin = useMutation({
    mutationFn: () =>
      api.post<{ file: string }>(
        "/v1/studio/new",
        from
          ? { id, name, from: from.id }
          : { id, name, url, auth, properties: auth === "bearer" ? ["API key"] : undefined },
      ),
    onSuccess: ({ file }) => {
      keepDraft(id, { text: file, base: "" });
      navigate(studioAt(id));
    },
  });
  const p = isProblem(begin.error) ? begin.error : undefined;
  const fields = ["/id", "/name", "/url", "/auth"];
  const rest = p?.besides(fields);
  return (
    <Dialog
      open
      onClose={onClose}
      title={from ? t.newFrom : t.new}
      description={from ? t.newFromAbout : t.newAbout}
      onSubmit={() => begin.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button
            type="submit"
            kind="primary"
            busy={begin.isPending}
            disabled={id === "" || name === "" || (!from && url === "")}
          >
            {t.begin}
          </Button>
        </>
      }
    >
      <TextField label={t.name} value={name} error={p?.at("/name")} onChange={(e) => setName(e.target.value)} />
      <TextField
        label={t.id}
        hint={t.idHint}
        mono
        value={id}
        error={p?.at("/id")}
        onChange={(e) => setId(e.target.value)}
      />
      {!from && (
        <>
          <TextField
            label={t.url}
            hint={t.urlHint}
            mono
            value={url}
            error={p?.at("/url")}
            onChange={(e) => setUrl(e.target.value)}
          />
          <Select
            label={t.auth}
            value={auth}
            error={p?.at("/auth")}
            onChange={(e) => setAuth(e.target.value)}
            options={Object.entries(t.auths).map(([value, label]) => ({ value, label }))}
          />
        </>
      )}
      {begin.isError && rest && <ErrorLine text={rest} />}
      {begin.isError && !p && <ErrorLine error={begin.error} />}
    </Dialog>
  );
}
