"""Run by `engine` as a process of its own: read one DOT text, draw it, write the bytes, end.

Nothing of blockviz is imported here, and of Python as little as pygraphviz allows: the process starts while the
caller still reads the model. A crash of the C library ends this process and no other.

Arguments: the folder that holds pygraphviz, the layout program, the format, the font. DOT on stdin, result on stdout.
"""

import os
import sys


def main(folder: str, program: str, form: str, font: str) -> None:
    """Draw what comes on stdin; anything that goes wrong is the process's exit status and its stderr."""
    sys.path.insert(0, folder)
    import pygraphviz

    # A first drawing loads fonts and plug-ins while the caller is still busy.
    pygraphviz.AGraph(string=f'digraph {{ a [pos="0,0", label=<<B>a</B><I>a</I>a>, fontname="{font}"] }}').draw(
        format=form, prog=program
    )
    source = sys.stdin.buffer.read().decode("utf-8")
    graph = pygraphviz.AGraph(string=source, strict=False)
    sys.stdout.buffer.write(graph.draw(format=form, prog=program))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to tidy up, and taking all libraries down would keep the caller waiting


if __name__ == "__main__":
    main(*sys.argv[1:5])
