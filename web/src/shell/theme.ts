/** How components behave everywhere. Colours and sizes are variables in theme.css. */
import { ActionIcon, Button, createTheme, Drawer, Loader, Menu, Modal, Popover, Select, Tooltip } from '@mantine/core'

export const theme = createTheme({
  components: {
    // The head of a dialog is not a banner of the page; menus stand in its main part. Locking the scroll makes a style element, which the content security policy forbids.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true, closeButtonProps: { 'aria-label': 'Close' }, attributes: { header: { role: 'presentation' } } } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, position: 'right', closeButtonProps: { 'aria-label': 'Close' }, attributes: { header: { role: 'presentation' } } } }),
    Button: Button.extend({ defaultProps: { radius: 'md' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', radius: 'md' } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', radius: 'md', position: 'bottom-end', withInitialFocusPlaceholder: false, portalProps: { target: '#overlays' } } }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', radius: 'md' } }),
    Select: Select.extend({ defaultProps: { allowDeselect: false } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300, multiline: true, maw: 360 } }),
    Loader: Loader.extend({ defaultProps: { type: 'dots' } }),
  },
})
