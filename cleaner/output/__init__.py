"""The kept segments of a document as Markdown, HTML or XML-TEI."""
