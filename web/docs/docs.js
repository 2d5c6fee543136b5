// Draws the service's contract. What is tried out goes to the service that served this page, whatever servers the contract names.
'use strict';

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const followTheSystem = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followTheSystem);
followTheSystem();

window.ui = window.SwaggerUIBundle({
  url: '/openapi.yaml',
  domNode: document.getElementById('reference'),
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The token stays in this tab.
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const target = new URL(request.url, window.location.origin);
    request.url = window.location.origin + target.pathname + target.search;
    return request;
  },
});
