"""PySpark, local[2]: its readers, JDBC out (reWriteBatchedInserts); the upsert is one statement afterwards."""
from urllib.parse import urlparse

from job import INPUT, JOB, MEDIA, URL, psql, upsert_from
from pyspark.sql import SparkSession, functions

DRIVER = "/usr/share/java/postgresql.jar"
REVIEWS = ("reviewerID string, asin string, reviewerName string, helpful array<bigint>, reviewText string, overall double, "
           "summary string, unixReviewTime bigint, reviewTime string")
RECORDS = ("type string, id bigint, title string, artist string, seconds int, director string, year int, vendor string, "
           "size_kb int")


def write(frame, table):
    place = urlparse(URL)
    url = f"jdbc:postgresql://{place.hostname}:{place.port}{place.path}?user={place.username}&reWriteBatchedInserts=true"
    frame.write.jdbc(url, table, mode="append", properties={"driver": "org.postgresql.Driver", "batchsize": "10000"})


def products(spark):
    psql("create unlogged table incoming (name text, sku text, description text, n bigint)")
    frame = spark.read.csv(INPUT, header=True, multiLine=True, quote='"', escape='"', encoding="UTF-8",
                           schema="name string, sku string, description string")
    write(frame.withColumn("n", functions.monotonically_increasing_id()), "incoming")
    psql(upsert_from("incoming", "n") + "; drop table incoming")


def reviews(spark):
    frame = spark.read.schema(REVIEWS).json(INPUT)
    frame = frame.withColumn("helpful", functions.to_json("helpful"))
    write(frame.toDF(*[name.lower() for name in frame.columns]), "reviews")


def media(spark):
    arrays = spark.read.schema(RECORDS).json(f"{INPUT}/*[02468].json", multiLine=True)
    records = arrays.union(spark.read.schema(RECORDS).json(f"{INPUT}/*[13579].json")).cache()
    for table, columns in MEDIA.items():
        write(records.where(functions.col("type") == table[:-1]).select(*columns), table)


session = (SparkSession.builder.master("local[2]").config("spark.jars", DRIVER)
           .config("spark.driver.extraClassPath", DRIVER).config("spark.ui.enabled", "false")
           .config("spark.driver.memory", "2g").getOrCreate())
session.sparkContext.setLogLevel("ERROR")
{"products": products, "reviews": reviews, "media": media}[JOB](session)
session.stop()
