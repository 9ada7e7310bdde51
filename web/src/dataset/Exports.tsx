/** What is shown, taken elsewhere: as a file, as a command, as Python. */
import { Button, CopyButton, Menu, Modal } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCode, IconDownload } from '@tabler/icons-react'
import { datasetUrl } from '../api/addresses'
import { API } from '../api/client'
import classes from './Exports.module.css'
import { asCurl, asPython } from './requests'
import { rowParameters } from './state'
import { useShown } from './useDataset'

const FORMATS = [
  ['csv', 'CSV, as the file wrote it'],
  ['xlsx', 'Excel'],
  ['ndjson', 'NDJSON'],
  ['json', 'JSON'],
  ['parquet', 'Parquet'],
  ['arrow', 'Arrow'],
] as const

export function Exports({ dataset }: { dataset: string }) {
  const [search] = useShown()
  const [opened, code] = useDisclosure(false)
  const parameters = rowParameters(search)
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" size="sm" leftSection={<IconDownload size={16} aria-hidden />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{search.q || search.filter ? 'The rows that match' : 'All rows'}</Menu.Label>
          {FORMATS.map(([format, label]) => (
            <Menu.Item key={format} component="a" href={datasetUrl(dataset, 'export', [...parameters, ['format', format]])} download>
              {label}
            </Menu.Item>
          ))}
          <Menu.Item component="a" href={datasetUrl(dataset, 'export', [...parameters, ['safe', 'true']])} download>
            CSV for spreadsheets, no formulas
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconCode size={16} aria-hidden />} onClick={code.open}>
            As curl, as Python
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={opened} onClose={code.close} title="These rows from elsewhere" size="xl">
        <div className="stack">
          <Code title="curl" text={asCurl(datasetUrl(dataset, 'rows', parameters))} />
          <Code title="Python" text={asPython(API, dataset, search)} />
        </div>
      </Modal>
    </>
  )
}

function Code({ title, text }: { title: string; text: string }) {
  return (
    <section className="stack tight">
      <div className="row apart">
        <h3>{title}</h3>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </div>
      <pre className={classes.code} tabIndex={0}>
        {text}
      </pre>
    </section>
  )
}
