"""Reads every record of a stream with AWS's own client, a page of two at a time, and prints them as JSON."""
import json
import sys

import boto3

url, region, keyspace, access_key, secret = sys.argv[1:]
client = boto3.client(
    "keyspacesstreams",
    region_name=region,
    endpoint_url=url,
    aws_access_key_id=access_key,
    aws_secret_access_key=secret,
)
[stream] = client.list_streams(keyspaceName=keyspace)["streams"]
arn = stream["streamArn"]
described = client.get_stream(streamArn=arn)
records = []
for shard in described["shards"]:
    begun = client.get_shard_iterator(streamArn=arn, shardId=shard["shardId"], shardIteratorType="TRIM_HORIZON")
    iterator = begun["shardIterator"]
    while iterator:
        page = client.get_records(shardIterator=iterator, maxResults=2)
        records += page["changeRecords"]
        at_tip = len(page["changeRecords"]) < 2
        iterator = None if at_tip else page.get("nextShardIterator")
try:
    client.get_records(shardIterator="none of theirs")
    refusal = None
except client.exceptions.ValidationException as error:
    refusal = error.response["errorCode"]
try:
    client.get_stream(streamArn=arn + "x")
    missing = None
except client.exceptions.ResourceNotFoundException as error:
    missing = error.response["Error"]["Code"]
status = described["streamStatus"]
print(json.dumps({"status": status, "records": records, "refusal": refusal, "missing": missing}, default=str))
