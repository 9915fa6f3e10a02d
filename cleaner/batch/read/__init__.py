"""Reading inputs: folders, files, globs and addresses → a stream of documents.

:func:`check_inputs` refuses what cannot work before any work, :func:`read_documents` reads the rest lazily and
never raises for what it finds, :func:`read_stream` reads what comes through a pipe, :func:`count_documents` counts
where that is quick, :func:`local_folders` says where they are searched,
:func:`whole_folders` what is read whole. :class:`Reading` is what can be chosen.
"""

from cleaner.batch.read.content import read_stream
from cleaner.batch.read.inputs import check_inputs, count_documents, local_folders, read_documents, whole_folders
from cleaner.batch.read.kinds import SUFFIXES, suffix_of
from cleaner.batch.read.options import Reading

__all__ = [
    "SUFFIXES", "Reading", "check_inputs", "count_documents", "local_folders", "read_documents", "read_stream",
    "suffix_of", "whole_folders",
]  # fmt: skip
