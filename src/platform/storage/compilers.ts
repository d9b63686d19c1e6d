/**
 * SQL with portable column types: text, bigint, blob and double precision mean the same on both
 * databases, others are refused when the table is made. SQLite tables are STRICT, so a text in an
 * integer column fails there too. Subclasses because that is how Kysely lets a dialect differ.
 */
import {
  type CreateTableNode,
  type DataTypeNode,
  PostgresQueryCompiler,
  SqliteQueryCompiler,
} from 'kysely';
import { SallyportError } from '../../kernel/errors.ts';
import { storageErrors } from './errors.ts';

const sqliteTypes: ReadonlyMap<string, string> = new Map([
  ['text', 'text'],
  ['bigint', 'integer'],
  ['integer', 'integer'],
  ['bytea', 'blob'],
  ['blob', 'blob'],
  ['double precision', 'real'],
]);

const postgresTypes: ReadonlyMap<string, string> = new Map([
  ['text', 'text'],
  ['bigint', 'bigint'],
  ['integer', 'bigint'],
  ['bytea', 'bytea'],
  ['blob', 'bytea'],
  ['double precision', 'double precision'],
]);

const portableType = (types: ReadonlyMap<string, string>, node: DataTypeNode): string => {
  const type = types.get(node.dataType);
  if (type !== undefined) return type;
  throw new SallyportError(
    storageErrors.E_STORAGE_MIGRATION,
    `type ${node.dataType} is not portable; use text, bigint, blob or double precision`,
  );
};

export class PortableSqliteCompiler extends SqliteQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    this.append(portableType(sqliteTypes, node));
  }

  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node);
    if (node.selectQuery !== undefined) return;
    const hasOptions = (node.endModifiers?.length ?? 0) > 0;
    this.append(hasOptions ? ', strict' : ' strict');
  }
}

export class PortablePostgresCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    this.append(portableType(postgresTypes, node));
    // Text sorts by its bytes, as in SQLite, whatever the locale of the server.
    const isColumn = this.parentNode?.kind === 'ColumnDefinitionNode';
    if (isColumn && node.dataType === 'text') this.append(' collate "C"');
  }
}
