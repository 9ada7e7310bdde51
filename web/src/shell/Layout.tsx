/** The frame of every page: where one is, where one can go, search over everything, the theme. */
import { ActionIcon, Kbd, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconLogout, IconMoon, IconSearch, IconSun } from '@tabler/icons-react'
import { Link, Outlet } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { Door } from '../access/Door'
import { leave, useMay, useMe } from '../access/useMe'
import { API } from '../api/client'
import { DropTarget } from '../files/DropTarget'
import { SearchEverything, useSearchEverything } from '../search/SearchEverything'
import classes from './Layout.module.css'
import { useNotices } from './notices'

export function Layout() {
  const search = useSearchEverything()
  const maySources = useMay('upload', 'manage')
  const mayWebhooks = useMay('manage')
  const mayWorkers = useMay('metrics', 'manage')
  return (
    <DropTarget>
      <a className={classes.skip} href="#main" onClick={toMain}>
        Skip to the content
      </a>
      <header className={classes.header}>
        <Link to="/" className={classes.brand} aria-label="Rowmill, all files">
          <img src="./favicon.svg" alt="" width="26" height="26" />
          <span className={classes.name}>Rowmill</span>
        </Link>
        <nav className={classes.nav} aria-label="Pages">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }} className={classes.link}>
            Files
          </Link>
          <Link to="/datasets" className={classes.link}>
            Datasets
          </Link>
          {maySources && (
            <Link to="/sources" className={classes.link}>
              Sources
            </Link>
          )}
          {maySources && (
            <Link to="/enrichments" className={classes.link}>
              Enrichments
            </Link>
          )}
          {mayWebhooks && (
            <Link to="/webhooks" className={classes.link}>
              Webhooks
            </Link>
          )}
          {mayWorkers && (
            <Link to="/workers" className={classes.link}>
              Workers
            </Link>
          )}
        </nav>
        <button type="button" className={classes.search} onClick={search.open}>
          <IconSearch size={16} aria-hidden />
          <span className={classes.searchText}>Search everything</span>
          <Kbd className={classes.key}>/</Kbd>
        </button>
        <a className={classes.docs} href={`${API}/api/docs/`}>
          API
        </a>
        <Leave />
        <ThemeSwitch />
      </header>
      <main id="main" tabIndex={-1} className={classes.main}>
        <Door>
          <Outlet />
        </Door>
        <div id="overlays" />
      </main>
      <SearchEverything {...search} />
    </DropTarget>
  )
}

/** The address holds the page's state behind its `#`, so a plain link to an element would lose it. */
function toMain(event: React.MouseEvent) {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/** Nothing where nobody is asked who they are. */
function Leave() {
  const me = useMe()
  const queries = useQueryClient()
  const notices = useNotices()
  if (!me.data?.id) return null
  return (
    <Tooltip label={`Forget the key of ${me.data.name}`}>
      <ActionIcon aria-label="Forget the key" size="lg" onClick={() => void leave(queries).catch(notices.failed)}>
        <IconLogout size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'dark' ? 'light' : 'dark'
  return (
    <Tooltip label={`Switch to ${other}`}>
      <ActionIcon aria-label={`Switch to the ${other} theme`} size="lg" onClick={() => setColorScheme(other)}>
        {scheme === 'dark' ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  )
}
