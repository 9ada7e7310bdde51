/** Search over all datasets, and the way to every page, by `/` or Ctrl-K. */
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { lazy, Suspense } from 'react'

const SearchDialog = lazy(() => import('./SearchDialog'))

interface Searching {
  opened: boolean
  open: () => void
  close: () => void
}

export function useSearchEverything(): Searching {
  const [opened, { open, close }] = useDisclosure(false)
  useHotkeys([
    ['/', open],
    ['mod+K', open],
  ])
  return { opened, open, close }
}

export function SearchEverything({ opened, close }: Searching) {
  return <Suspense>{opened && <SearchDialog onClose={close} />}</Suspense>
}
