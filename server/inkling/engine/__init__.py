"""The embedded mind: proposes code it learned from the open files, the workspace and its environment."""
