"""What surrounds the cursor: the workspace's files, the environment, and what jedi knows of them."""
