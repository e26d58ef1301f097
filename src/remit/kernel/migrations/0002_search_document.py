"""The table of search documents, which only the database's own functions touch."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """create table search_document (
                 kind text not null, record_id bigint not null, document tsvector not null, primary key (kind, record_id));
               create index search_by_word on search_document using gin (document);""",
            "drop table search_document",
        ),
    ]
