import type { ReactNode } from "react";
import { useTitle } from "../ui";
import { Mark } from "./mark";

/** The page before the pages: the product's name and one form. */
export function Front({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[18vh] pb-8">
      <div className="flex w-full max-w-sm flex-col gap-6">
        <Mark />
        <div>
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {about && <p className="mt-1 text-base text-ink-2">{about}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}
