/** Files may be dropped anywhere on any page, folders too, and rows pasted. They become drafts on the page of files. */
import { IconFileUpload } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import classes from './DropTarget.module.css'
import { droppedFiles } from './droppedFiles'
import { useDrafts } from './drafts'
import { pastedFile } from './pastedFile'

export function DropTarget({ children }: { children: ReactNode }) {
  const { add } = useDrafts()
  const navigate = useNavigate()
  const [over, setOver] = useState(false)
  const depth = useRef(0) // enter and leave come for each element below
  const take = (files: readonly File[]) => {
    if (files.length === 0) return
    add(files)
    void navigate({ to: '/' })
  }
  const taking = useRef(take)
  useEffect(() => {
    taking.current = take
  })
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || !event.clipboardData) return
      const files = [...event.clipboardData.files]
      const rows = pastedFile(event.clipboardData.getData('text/plain'))
      taking.current(files.length > 0 ? files : rows ? [rows] : [])
    }
    document.addEventListener('paste', paste)
    return () => document.removeEventListener('paste', paste)
  }, [])
  const move = (event: DragEvent, by: number) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    depth.current = Math.max(0, depth.current + by)
    setOver(depth.current > 0)
  }
  const drop = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    depth.current = 0
    setOver(false)
    void droppedFiles(event.dataTransfer).then(take)
  }
  return (
    <div className={classes.target} onDragEnter={(event) => move(event, 1)} onDragOver={(event) => move(event, 0)} onDragLeave={(event) => move(event, -1)} onDrop={drop}>
      {children}
      {over && (
        <div className={classes.veil}>
          <div className={classes.sign}>
            <IconFileUpload size={40} stroke={1.5} aria-hidden />
            <strong>Drop to look inside</strong>
            <span className="soft">Nothing is loaded before you say so.</span>
          </div>
        </div>
      )}
    </div>
  )
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
