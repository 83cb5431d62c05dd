"""The layout of each task's tab, one file a task, imported when the tab is first opened."""
