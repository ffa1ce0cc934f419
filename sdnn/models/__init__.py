"""The nets, their files, and the engine that runs the reader's."""
