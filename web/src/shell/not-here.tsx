import { Missing, PageBody } from "../ui";

/** The page of an address that names nothing. */
export function NotHere() {
  return (
    <PageBody>
      <Missing />
    </PageBody>
  );
}
