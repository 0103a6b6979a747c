"""What each command does: call the pipeline, hand the result to page, tables or render, print or write.

`blockviz.cli` imports the module of the command that is run, and no other.
"""

SUFFIX_HELP = "the suffix chooses the format: .svg .pdf .png .eps .dot .tex .mmd .drawio .pptx .html"
