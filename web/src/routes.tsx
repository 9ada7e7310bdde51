/** Which page stands at which address. The address stands behind `#`, so that static files on any server are enough; what a page shows
 * (search, filters, sort, version) stands in it, too. */
import { createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { readDatasetSearch } from './dataset/state'
import { readEnrichmentsSearch } from './enrichments/state'
import { FilesPage } from './files/FilesPage'
import { readUploadsSearch } from './files/uploadsState'
import { Layout } from './shell/Layout'
import { NotHere, Refused } from './shell/Refused'

const root = createRootRoute({ component: Layout, notFoundComponent: NotHere, errorComponent: Refused })

const files = createRoute({ getParentRoute: () => root, path: '/', component: FilesPage, validateSearch: readUploadsSearch })
const upload = createRoute({
  getParentRoute: () => root,
  path: '/uploads/$id',
  component: lazyRouteComponent(() => import('./upload/UploadPage'), 'UploadPage'),
})
const datasets = createRoute({
  getParentRoute: () => root,
  path: '/datasets',
  component: lazyRouteComponent(() => import('./datasets/DatasetsPage'), 'DatasetsPage'),
})
const dataset = createRoute({
  getParentRoute: () => root,
  path: '/datasets/$name',
  component: lazyRouteComponent(() => import('./dataset/DatasetPage'), 'DatasetPage'),
  validateSearch: readDatasetSearch,
})

const workers = createRoute({
  getParentRoute: () => root,
  path: '/workers',
  component: lazyRouteComponent(() => import('./workers/WorkersPage'), 'WorkersPage'),
})

const sources = createRoute({
  getParentRoute: () => root,
  path: '/sources',
  component: lazyRouteComponent(() => import('./sources/SourcesPage'), 'SourcesPage'),
  validateSearch: (search: Record<string, unknown>): { source?: string } => (typeof search['source'] === 'string' ? { source: search['source'] } : {}),
})

const enrichments = createRoute({
  getParentRoute: () => root,
  path: '/enrichments',
  component: lazyRouteComponent(() => import('./enrichments/EnrichmentsPage'), 'EnrichmentsPage'),
  validateSearch: readEnrichmentsSearch,
})

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./webhooks/WebhooksPage'), 'WebhooksPage'),
  validateSearch: (search: Record<string, unknown>): { webhook?: string } => (typeof search['webhook'] === 'string' ? { webhook: search['webhook'] } : {}),
})

export const router = createRouter({
  routeTree: root.addChildren([files, upload, datasets, dataset, sources, enrichments, webhooks, workers]),
  history: createHashHistory(),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
