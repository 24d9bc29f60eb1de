import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { onSignedOut } from "./lib/api";
import { forget } from "./lib/me";
import { queries } from "./lib/queries";
import "./styles.css";
import { Toasts } from "./ui";

onSignedOut(() => {
  // On the pages before a sign-in a 401 is an answer like another.
  if (location.pathname !== "/sign-in" && location.pathname !== "/welcome") forget();
});

// During an upgrade a page may name a part that only the other version has: the page is loaded anew, at most once a minute.
addEventListener("vite:preloadError", (e) => {
  if (Date.now() - Number(sessionStorage.getItem("patchbay.reloaded")) < 60_000) return;
  sessionStorage.setItem("patchbay.reloaded", String(Date.now()));
  e.preventDefault();
  location.reload();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <Toasts>
            <App />
          </Toasts>
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}
