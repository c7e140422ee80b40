/* Shows notices while no page is open. It stores nothing and answers no page's requests. */

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));

self.addEventListener("push", (e) => {
  let told = {};
  try {
    told = e.data?.json() ?? {};
  } catch {
    // Something that is not ours: a browser wants to see a notice for every push all the same.
  }
  const title = told.title || "小二 Xiaoer";
  e.waitUntil(self.registration.showNotification(title, {
    body: told.body ?? "",
    tag: told.tag,
    lang: told.lang,
    icon: "/favicon.ico",
    data: { url: told.url ?? "/notifications/" },
  }));
});

self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  e.waitUntil(open(e.notification.data?.url));
});

/* The page that is there already, else a new one; never an address of another house. */
async function open(path) {
  const wanted = new URL(path ?? "/notifications/", self.location.origin);
  const url = wanted.origin === self.location.origin ? wanted.href : self.location.origin;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = pages.find((page) => page.url === url);
  if (same) return same.focus();
  return self.clients.openWindow(url);
}
