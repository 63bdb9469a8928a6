-- The timeline is the record of what was said and done. Nothing that the service does can change or remove an entry.

CREATE FUNCTION refuse_timeline_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The timeline is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "TimelineEntry_is_append_only"
    BEFORE UPDATE OR DELETE ON "TimelineEntry"
    FOR EACH ROW EXECUTE FUNCTION refuse_timeline_change();

CREATE TRIGGER "TimelineEntry_is_never_truncated"
    BEFORE TRUNCATE ON "TimelineEntry"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_timeline_change();
