// `npm run mirror`: prepares what is missing, and runs examples/mirror, whose README says more.

import { main } from './main.mjs'

await main(async () => {
  await (await import('./install.mjs')).install()
  await (await import('./generate.mjs')).generate(['mirror'])
  // In this very process: whoever signals it reaches the mirror itself.
  ;(await import('tsx/esm/api')).register()
  await import('../examples/mirror/main.ts')
})
