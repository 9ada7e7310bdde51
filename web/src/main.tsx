/** Starts the page: styles, theme, data, router. */
import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles.layer.css'
import './shell/theme.css'
import { MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ME, wantsKey } from './access/useMe'
import { Refusal } from './api/client'
import { DraftsProvider } from './files/drafts'
import { router } from './routes'
import { NoticesProvider } from './shell/notices'
import { theme } from './shell/theme'

/** What the server refused is not asked again; what did not answer is. */
const queries: QueryClient = new QueryClient({
  // A key may be revoked while the page is open: then the door asks again.
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (wantsKey(error) && query.queryKey[0] !== ME[0]) void queries.resetQueries({ queryKey: ME })
    },
  }),
  defaultOptions: {
    queries: {
      retry: (times, error) => times < 3 && (!(error instanceof Refusal) || error.status === 0 || error.status >= 500),
      staleTime: 1_000,
    },
  },
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      {/* The variables stand in theme.css: a style element made by script would need a hole in the content security policy. */}
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <QueryClientProvider client={queries}>
          <NoticesProvider>
            <DraftsProvider>
              <RouterProvider router={router} />
            </DraftsProvider>
          </NoticesProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
