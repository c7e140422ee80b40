// The page that shows the description of the API. Swagger UI is served by this house.
(function () {
  "use strict";

  const here = document.getElementById("api");
  const changes = new Set(["POST", "PUT", "PATCH", "DELETE"]);

  window.SwaggerUIBundle({
    url: here.dataset.description,
    domNode: here,
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    tagsSorter: false,
    validatorUrl: null, // nobody outside is asked what they think of it
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    requestInterceptor(request) {
      // Who is signed in on this page tries operations as themselves.
      if (changes.has(request.method)) request.headers["X-CSRFToken"] = here.dataset.csrf;
      return request;
    },
  });
})();
