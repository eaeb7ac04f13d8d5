import { createHash } from 'node:crypto'
import type { PageFiles } from './page-files.ts'

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="7" fill="#e8a317"/><g stroke="#e8a317" stroke-width="3" stroke-linecap="round"><path d="M16 2v3M16 27v3M2 16h3M27 16h3M6 6l2 2M24 24l2 2M6 26l2-2M24 8l2-2"/></g></svg>'

/**
 * The HTML of the page, and the policy that lets it run its own modules, talk to this server, and nothing else. Files
 * are below `base`.
 */
export function renderDocument(
  { files, imports }: PageFiles,
  base: string,
): { html: string; policy: string } {
  const places = [...files.keys()]
  const importMap = JSON.stringify({
    imports: Object.fromEntries(
      Object.entries(imports).map(([name, place]) => [name, base + place]),
    ),
  })
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Heliograph</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="What the plant is doing, live.">
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
${places
  .filter((place) => place.endsWith('.css'))
  .map((place) => `<link rel="stylesheet" href="${base}${place}">`)
  .join('\n')}
<script type="importmap">${importMap}</script>
${places
  .filter((place) => !place.endsWith('.css'))
  .map((place) => `<link rel="modulepreload" href="${base}${place}">`)
  .join('\n')}
<script type="module" src="${base}main.ts"></script>
</head>
<body>
<heliograph-page></heliograph-page>
<noscript>This page needs JavaScript. The API at graphql does not.</noscript>
</body>
</html>
`
  const hash = createHash('sha256').update(importMap).digest('base64')
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ')
  return { html, policy }
}
