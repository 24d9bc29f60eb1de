import { useNumbers } from "../lib/data";
import type { Organization } from "../lib/types";
import { testText as t } from "../texts/test-text";
import { Section } from "../ui";
import { TestText } from "./test-text";

const simulator = "simulator";

/** With a sandbox and nobody else's organization yet: the way to a first text in a minute. */
export function FirstText({ organizations }: { organizations: Organization[] }) {
  const [only] = organizations;
  return organizations.length === 1 && only ? <On org={only} /> : null;
}

function On({ org }: { org: Organization }) {
  const numbers = useNumbers(org.id);
  if (!numbers.data?.some((n) => n.service === simulator)) return null;
  return (
    <Section title={t.firstTitle} about={t.firstAbout}>
      <TestText org={org} service={simulator} to="+15005550007" />
    </Section>
  );
}
