"""Clean a folder's files, then split them: python examples/with_llama_index.py dumps/."""

import sys

from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter

from cleaner.llama_index import CleanNodes

documents = SimpleDirectoryReader(sys.argv[1], recursive=True).load_data()
pipeline = IngestionPipeline(transformations=[CleanNodes(), SentenceSplitter(chunk_size=1024)])
for node in pipeline.run(documents=documents):
    print(node.metadata["file_path"], repr(node.get_content()))
