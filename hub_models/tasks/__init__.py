"""One file a task of the lecture; a file that lies here is found."""
