export function DatasetPage() {
  return <h1>Dataset</h1>
}
