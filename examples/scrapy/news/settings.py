"""What matters here are the last two settings."""

BOT_NAME = "news"
SPIDER_MODULES = ["news.spiders"]
REMOTE_CONTROL_ENABLED = False
LOG_LEVEL = "INFO"

ITEM_PIPELINES = {"cleaner.scrapy.CleanPipeline": 300}
CLEANER = {"columns": ["text", "outcome", "title", "authors", "published", "language"]}
