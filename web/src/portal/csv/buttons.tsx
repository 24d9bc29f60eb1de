import { lazy, Suspense, useState } from "react";
import { csv as t } from "../../texts/csv";
import { Button, LinkButton } from "../../ui";

const ImportDialog = lazy(() => import("./import"));

interface Props {
  /** Where a file is sent. */
  at: string;
  /** Where one is had; left out: there, too. */
  file?: string;
  what: "users" | "numbers" | "optouts";
  onDone: () => unknown;
  /** There is nothing to export yet. */
  empty?: boolean;
}

export function CsvButtons({ at, file = at, what, onDone, empty }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      {!empty && (
        <LinkButton href={file} download icon="download">
          {t.export}
        </LinkButton>
      )}
      <Button icon="upload" onClick={() => setOpen(true)}>
        {t.importCsv}
      </Button>
      {open && (
        <Suspense>
          <ImportDialog at={at} what={what} onDone={onDone} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
